"""How X is filled: which feeds deliver, the facts household by household, and the one pass over them."""
