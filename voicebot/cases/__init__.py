"""What must not be lost: tickets, their deadlines and their history. Pure."""
