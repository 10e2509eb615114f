"""The application of the function that prints."""

from lambdas.api.application import application
from lambdas.papers.routes import routes

app = application(routes)
