"""One person's talk with the hall: inputs in, outputs out, no transport."""
