"""Who is here and what happens: no transport, no bytes, no clock of its own."""
