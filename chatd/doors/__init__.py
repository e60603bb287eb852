"""How bytes come in and go out: the only place that knows them."""
