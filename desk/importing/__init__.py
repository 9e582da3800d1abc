"""Customers and drivers from a file: bytes become a table, its lines are understood, looked through, taken in, taken back.

    bytes --reading--> Table --headings--> mapping --lines--> given | findings --staging, steps--> rows of the desk

What stands left of the last arrow is pure and knows neither the desk's rows nor where the bytes came from.
"""
