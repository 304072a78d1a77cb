# usage: Rscript check_csv.R RELEASE_DIR EXPECTED
# Reads every CSV of a release as a user of R does, without packages, and compares counts and sums with those of EXPECTED (see check_readers.py).
args <- commandArgs(trailingOnly = TRUE)
expected <- read.delim(args[2], header = FALSE, colClasses = "character", quote = "", na.strings = character(0),
                       col.names = c("path", "rows", "column", "kind", "sum"), encoding = "UTF-8")
classes <- c(string = "character", integer = "numeric", decimal = "numeric", date = "Date", boolean = "character")
findings <- character(0)
columns <- 0
for (path in unique(expected$path)) {
  said <- expected[expected$path == path, ]
  read <- read.csv(file.path(args[1], path), colClasses = unname(classes[said$kind]), na.strings = "", encoding = "UTF-8", check.names = FALSE)
  if (!identical(names(read), said$column)) findings <- c(findings, paste(path, "has other columns"))
  if (nrow(read) != as.numeric(said$rows[1])) findings <- c(findings, paste(path, "has", nrow(read), "rows and not", said$rows[1]))
  for (i in which(said$kind %in% c("integer", "decimal"))) {
    columns <- columns + 1
    found <- sum(read[[i]], na.rm = TRUE)
    wanted <- as.numeric(said$sum[i])
    if (abs(found - wanted) > 1e-9 * max(1, abs(wanted))) findings <- c(findings, paste0(path, ", ", said$column[i], ": the sum is ", found, " and not ", wanted))
  }
  for (i in which(said$kind == "boolean")) {
    if (!all(read[[i]] %in% c("true", "false", NA))) findings <- c(findings, paste0(path, ", ", said$column[i], ": other values than true and false"))
  }
}
for (finding in findings) cat("  -", finding, "\n")
cat(if (length(findings)) "FAIL" else "ok  ", " R: ", length(unique(expected$path)), " CSV files, ", columns, " sums\n", sep = "")
quit(status = as.integer(length(findings) > 0))
