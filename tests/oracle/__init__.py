"""The authorisation rules and state resolution written a second time, as the text says them.

Slow and without cleverness, by number of the room version, on plain PDUs: it shares no code with
the product, which never imports it. `rooms` makes rooms of every kind from a seed, `agreement` asks
both and compares.
"""
