"""The panel: pages, JSON API and the live socket."""
