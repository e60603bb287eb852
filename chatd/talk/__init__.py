"""How a person talks with the hall: text in, text out, no transport."""
