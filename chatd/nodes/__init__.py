"""Several daemons, one hall: what happens in one is told to the others through Redis."""
