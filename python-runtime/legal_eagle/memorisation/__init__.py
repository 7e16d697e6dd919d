"""Whether a tuned model gives training rows back word for word, and what of persons stands in them."""
