/** Tests of the package of the same name. */
@NullMarked
package dev.tidemark.sample.demo;

import org.jspecify.annotations.NullMarked;
