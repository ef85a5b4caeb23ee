"""What a unit of work is made of, a file each; commands know only app/data/unit_of_work.py."""
