"""What twistd runs: the settings, the service and what an operator asks of the daemon as a whole."""
