"""The floor: the least code that does the same work, against which Guildhall's own cost is measured."""
