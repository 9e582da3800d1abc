"""Geocoders on the network, one a file in geocoders/providers (docs/adding-a-geocoder.md). None is asked unless configured."""
