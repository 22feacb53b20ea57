//! The policy language: parse, check, bind, combine, compare, render.
