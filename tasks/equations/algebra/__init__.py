"""Exact expressions: their canonical form, as text and from text, and polynomials with their factors."""
