/** Tests of the package of the same name. */
@NullMarked
package dev.tidemark.sample.inventory;

import org.jspecify.annotations.NullMarked;
