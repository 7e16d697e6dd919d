"""Answering chat requests with a base model, an adapter or a merged model."""
