"""One connection, whatever is spoken on it: its limits, its pace, its timeouts, what waits to be sent."""
