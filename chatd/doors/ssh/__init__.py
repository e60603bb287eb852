"""People who come by SSH: `ssh -p 2222 alice@host`."""
