"""Who people of the network are professionally: profiles, the dictionaries they choose from, who looked at them."""
