"""Each module of this package is one command of `hanparse`.

`add(command)` adds the description and the arguments of the command to its parser. `run(args)` runs the command with
the parsed arguments and returns the exit status. The table in `hanparse.cli.main` lists the commands.
"""
