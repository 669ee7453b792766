"""The commands of `hanparse`: one module each.

`add(command)` adds the description and the arguments of the command to its parser. `run(given)` runs the command with
the parsed arguments and returns the exit status. The table in `hanparse.cli.arguments` lists the commands.
"""
