"""What the JSON API takes and answers: models, strict reading, and the document made from them."""
