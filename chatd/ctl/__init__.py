"""The operator's side of the control socket; it imports nothing of the daemon."""
