# Variables: declarations, defaults and rules.
variable "missing" { # ERROR: Missing value for a variable; -var 'missing=...'
  type = string
}

variable "secret" {
  type      = string
  default   = "x"
  sensitive = true # ERROR: Secrets are not variables; secret_env("NAME")
}

variable "typed" {
  type    = number
  default = "many" # ERROR: Unsuitable default; number
}

variable "bad_type" {
  type    = strin # ERROR: Invalid type specification; 
  default = 1
}

variable "null" {
  default  = null # ERROR: Unsuitable default; nullable = false
  nullable = false
}

variable "rule" { # ERROR: Unsuitable value for a variable; Below five, please.
  default = 7
  validation {
    condition     = var.rule < 5
    error_message = "Below ${local.five}, please."
  }
  validation {
    condition     = "maybe" # ERROR: Unsuitable condition; must be true or false
    error_message = "x"
  }
  validation { # ERROR: Missing required argument; "error_message" is required
    condition = true
  }
}

variable "quiet" {
  default = 1
  validation {
    condition     = var.missing == "x" && var.typed > 1
    error_message = "Not reported: what it depends on is mistaken."
  }
}

variable "rule" { # ERROR: Declared twice; already declared at
}

locals {
  five    = "five"
  depends = "${var.missing}${var.bad_type}${var.typed + 1}"
}

window "depends" {
  last = local.depends
}
