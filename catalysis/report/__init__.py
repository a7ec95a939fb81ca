"""Results for people: tables and a page. Functions return what is shown; nothing is printed here."""
