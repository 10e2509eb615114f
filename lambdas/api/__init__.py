"""The tenant's HTTP API: a route is parse -> decide -> act -> reply, a few lines each."""
