/** Tests of the sample as a whole, and of the rules that the whole project keeps. */
@NullMarked
package dev.tidemark.sample;

import org.jspecify.annotations.NullMarked;
