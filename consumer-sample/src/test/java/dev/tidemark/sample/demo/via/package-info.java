/** Tests of what is chosen by {@code --via}, but for the runs themselves. */
@NullMarked
package dev.tidemark.sample.demo.via;

import org.jspecify.annotations.NullMarked;
