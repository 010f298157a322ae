@NullMarked
package dev.tidemark.contracts.schema;

import org.jspecify.annotations.NullMarked;
