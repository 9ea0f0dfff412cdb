"""What people do at the box's desk: tell, correct, approve, count. Each request is a module; readers come elsewhere."""
