"""The table of facts behind the product's sample data, and the three layouts it is written in."""
