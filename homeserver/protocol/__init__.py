"""What the specification decides without I/O: no await, no clock, no database."""
