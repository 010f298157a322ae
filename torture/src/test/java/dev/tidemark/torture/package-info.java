@NullMarked
package dev.tidemark.torture;

import org.jspecify.annotations.NullMarked;
