/** Tests of the package of the same name. */
@NullMarked
package dev.tidemark.sample.orders;

import org.jspecify.annotations.NullMarked;
