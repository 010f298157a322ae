/** Tests of the page, but for what needs a browser. */
@NullMarked
package dev.tidemark.sample.demo.page;

import org.jspecify.annotations.NullMarked;
