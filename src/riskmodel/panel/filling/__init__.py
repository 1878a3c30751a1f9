"""How X is filled: which feeds deliver, facts by household, and the one pass over them."""
