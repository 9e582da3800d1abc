"""The PBX's event side: two AMI links, one that listens and one that acts. Events in order, none used in half, none replayed."""
