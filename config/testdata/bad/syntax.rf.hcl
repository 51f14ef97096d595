# A syntax error.
window "w" {
  last = ) # ERROR: Invalid expression; Expected the start of an expression
}
