"""Computations that only the report needs: no gate uses them."""
