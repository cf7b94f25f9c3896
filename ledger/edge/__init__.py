"""What pages and API share: who is asking, whether a view lets them in, and how often.

guard      each view says who may call it
identity   finds the `Actor` of a request
headers    what browsers may do with our answers
requests   the request's id, and one line of log for each
once       a command sent twice is carried out once
etags      a change made to what the client has seen, or not at all
cursors    pages of long lists
limits     how many requests a caller may make
"""
