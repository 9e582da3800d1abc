"""One conversation per file: `async def run(channel, desk_side)`; the file name is the name in the dialplan."""
