"""What a release is made of: its bill of materials, its licences, what is known against it."""
