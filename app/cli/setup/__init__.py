"""``understudy setup``: the command, what it has done so far, how it speaks, what it saves."""
