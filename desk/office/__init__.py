"""The firm and who works for it: who may sign in, who may do what, what leaves the house."""
