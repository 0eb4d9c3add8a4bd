"""What staff do with the questions: edit and publish the FAQ, see how it fares, find what it does not answer yet."""
