"""What the record says of the line: figures, missed calls, staffing advice, reports."""
