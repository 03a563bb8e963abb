# Writes the five public sets of the paper as CSV, from CRAN's mlbench (apt-get install r-cran-mlbench):
#   Rscript datasets.R FOLDER
# Anomalies (label 1) are chosen as Liu, Ting and Zhou do (ICDM 2008, table 2).
library(mlbench)

write <- function(features, anomaly, name) {
  d <- data.frame(lapply(features, function(column) as.numeric(as.character(column))))
  names(d) <- paste0("f", seq_along(d) - 1)
  d$label <- as.integer(anomaly)
  write.csv(d, file.path(commandArgs(TRUE)[1], paste0(name, ".csv")), row.names = FALSE, quote = FALSE)
  cat(name, ":", nrow(d), "rows,", ncol(d) - 1, "features,", round(100 * mean(d$label), 1), "% anomalies\n")
}

data(Shuttle)  # classes 2, 3, 5, 6, 7 against 1; class 4 is left out
s <- Shuttle[as.integer(Shuttle$Class) != 4, ]
write(s[, 1:9], as.integer(s$Class) != 1, "shuttle")

data(BreastCancer)  # Wisconsin, original; rows with missing values are left out
b <- na.omit(BreastCancer)
write(b[, 2:10], b$Class == "malignant", "breastw")

data(Ionosphere)
write(Ionosphere[, 1:34], Ionosphere$Class == "bad", "ionosphere")

data(Satellite)  # the three smallest classes
write(Satellite[, 1:36], Satellite$classes %in% c("cotton crop", "damp grey soil", "vegetation stubble"), "satellite")

data(PimaIndiansDiabetes)
write(PimaIndiansDiabetes[, 1:8], PimaIndiansDiabetes$diabetes == "pos", "pima")
