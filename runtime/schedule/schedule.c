typedef int weft_empty; /* being written */
