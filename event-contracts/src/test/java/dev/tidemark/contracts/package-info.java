@NullMarked
package dev.tidemark.contracts;

import org.jspecify.annotations.NullMarked;
